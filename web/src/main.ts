import 'element-plus/theme-chalk/base.css'
import 'element-plus/theme-chalk/el-message.css'
import 'element-plus/theme-chalk/el-message-box.css'
import './style/tokens.css'
import './style/base.css'
import { createApp } from 'vue'
import App from './App.vue'
import { router } from './router'
import { i18n } from './words'

createApp(App).use(i18n).use(router).mount('#app')
