import type { RouteRecordRaw } from 'vue-router'

export const route: RouteRecordRaw = {
  path: '/account',
  component: () => import('./AccountPage.vue'),
  meta: { title: 'account.title' },
}
