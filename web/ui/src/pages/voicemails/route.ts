import type { RouteRecordRaw } from 'vue-router'

export const route: RouteRecordRaw = {
  path: '/voicemails',
  component: () => import('./VoicemailsPage.vue'),
  meta: { title: 'voicemails.title', roles: ['seat', 'supervisor', 'admin'], nav: 35 },
}
