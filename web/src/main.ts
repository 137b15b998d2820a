import 'element-plus/theme-chalk/base.css'
import 'element-plus/theme-chalk/el-message.css'
import './style/tokens.css'
import './style/base.css'
import './style/shared.css'
import './style/element.css'
import { ElMessage } from 'element-plus'
import { createApp } from 'vue'
import { problemOf } from './api/client'
import App from './App.vue'
import { fetchScreen, router } from './router'
import { useSession } from './session'
import { i18n, spoken } from './words'

const app = createApp(App)

/** A defect is never silent: the person learns that something went wrong, the console what. */
app.config.errorHandler = (caught) => {
  console.error(caught)
  ElMessage.error(problemOf('PAGE_FAILED').text(i18n.global.locale.value))
}
// Who asks, what the address shows and its words are fetched at the same time.
void useSession().ready()
fetchScreen(location.pathname)
await spoken
app.use(i18n).use(router).mount('#app')
