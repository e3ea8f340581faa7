import type { RouteRecordRaw } from 'vue-router'

export const route: RouteRecordRaw = {
  path: '/desk',
  component: () => import('./DeskPage.vue'),
  meta: { title: 'desk.title', roles: ['seat', 'supervisor'], nav: 20 },
}
