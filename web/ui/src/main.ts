import { createPinia } from 'pinia'
import { createApp } from 'vue'

import App from '@/App.vue'
import { guardWith } from '@/api/client'
import { currentLanguage, i18n, speak } from '@/locales'
import { makeRouter } from '@/router'
import { useSession } from '@/stores/session'
import '@/styles/base.css'

const app = createApp(App)
app.use(createPinia())
app.use(i18n)
const session = useSession()
guardWith({ language: currentLanguage, signedInAgain: session.signedInAgain })
speak(currentLanguage())
app.use(makeRouter(session))
app.mount('#app')
