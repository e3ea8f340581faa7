import type { RouteRecordRaw } from 'vue-router'

export const route: RouteRecordRaw = {
  path: '/sign-in',
  component: () => import('./SignInPage.vue'),
  meta: { title: 'signIn.title', open: true, bare: true },
}
