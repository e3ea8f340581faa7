import type { RouteRecordRaw } from 'vue-router'

export const route: RouteRecordRaw = {
  path: '/password',
  component: () => import('./PasswordPage.vue'),
  meta: { title: 'password.title', bare: true },
}
