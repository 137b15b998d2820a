/** The screens and their addresses. Whoever is not logged in is led to the login and back. */
import { createRouter, createWebHistory } from 'vue-router'
import { useSession } from './session'

export const router = createRouter({
  history: createWebHistory(),
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
  routes: [
    { path: '/login', name: 'login', component: () => import('./pages/login/LoginPage.vue'), meta: { open: true, title: 'login.title' } },
    // The entry address of an organization (manual 2): its people log in here and act for it.
    { path: '/t/:slug', name: 'entry', component: () => import('./pages/login/LoginPage.vue'), props: true, meta: { open: true, title: 'login.title' } },
    { path: '/register', name: 'register', component: () => import('./pages/register/RegisterPage.vue'), meta: { open: true, title: 'register.title' } },
    { path: '/join/:secret', name: 'join', component: () => import('./pages/join/JoinPage.vue'), props: true, meta: { open: true, title: 'join.title' } },
    { path: '/seal/:code?', name: 'seal-status', component: () => import('./pages/seals/StatusPage.vue'), props: true, meta: { open: true, title: 'seals.status.title' } },
    { path: '/verify', name: 'verify', component: () => import('./pages/verify/VerifyPage.vue'), meta: { open: true, title: 'verifying.title' } },
    // Where the QR code on a print leads.
    { path: '/v/:code?', name: 'public-facts', component: () => import('./pages/verify/FactsPage.vue'), props: true, meta: { open: true, title: 'publicFacts.title' } },
    {
      path: '/',
      component: () => import('./pages/frame/FramePage.vue'),
      children: [
        { path: '', redirect: '/inbox' },
        { path: ':list(inbox|signed|started|copied)', name: 'list', component: () => import('./pages/lists/ListPage.vue'), props: true },
        { path: 'start', name: 'start', component: () => import('./pages/start/StartPage.vue'), meta: { title: 'start.title' } },
        { path: 'batch', name: 'batch', component: () => import('./pages/batch/BatchPage.vue'), meta: { title: 'batch.title' } },
        { path: 'keys', name: 'keys', component: () => import('./pages/keys/KeysPage.vue'), meta: { title: 'keys.title' } },
        { path: 'desk', name: 'desk', component: () => import('./pages/desk/DeskPage.vue'), meta: { title: 'desk.title' } },
        { path: 'account', name: 'account', component: () => import('./pages/account/AccountPage.vue'), meta: { title: 'account.title' } },
        { path: 'members', name: 'members', component: () => import('./pages/members/MembersPage.vue'), meta: { title: 'members.title' } },
        { path: 'operator', name: 'operator', component: () => import('./pages/operator/OperatorPage.vue'), meta: { title: 'operator.title' } },
        { path: 'certificates', name: 'certificates', component: () => import('./pages/certificates/CertificatesPage.vue'), meta: { title: 'certificates.title' } },
        { path: 'seals', name: 'seals', component: () => import('./pages/seals/SealsPage.vue'), meta: { title: 'seals.title' } },
        { path: 'notices', name: 'notices', component: () => import('./pages/notices/NoticesPage.vue'), meta: { title: 'notices.title' } },
        { path: 'sessions', name: 'sessions', component: () => import('./pages/sessions/SessionsPage.vue'), meta: { title: 'sessions.title' } },
        { path: 'envelopes/:id', name: 'view', component: () => import('./pages/view/ViewPage.vue'), props: true, meta: { title: 'list.view' } },
      ],
    },
    { path: '/envelopes/:id/seal', name: 'seal', component: () => import('./pages/seal/SealPage.vue'), props: true, meta: { title: 'list.seal' } },
    { path: '/:rest(.*)*', redirect: '/inbox' },
  ],
})

router.beforeEach(async (to) => {
  const { state, ready } = useSession()
  await ready()
  if (state.problem) return true
  if (!state.session && !to.meta['open']) return { name: 'login', query: to.path === '/' ? {} : { next: to.fullPath } }
  if (state.session && to.name === 'login') return '/inbox'
  return true
})

/** Begin to fetch the parts of the screen at this address; the router, when it comes to them, waits for the same ones. */
export function fetchScreen(path: string): void {
  for (const { components } of router.resolve(path).matched) {
    for (const part of Object.values(components ?? {})) {
      if (typeof part === 'function') void (part as () => Promise<unknown>)().catch(() => undefined)
    }
  }
}
