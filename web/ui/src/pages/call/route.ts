import type { RouteRecordRaw } from 'vue-router'

export const route: RouteRecordRaw = {
  path: '/calls/:call',
  component: () => import('./CallPage.vue'),
  meta: { title: 'call.title', under: '/calls' },
}
