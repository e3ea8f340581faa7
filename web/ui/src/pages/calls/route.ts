import type { RouteRecordRaw } from 'vue-router'

export const route: RouteRecordRaw = {
  path: '/calls',
  component: () => import('./CallsPage.vue'),
  meta: { title: 'calls.title', titles: { seat: 'calls.mine' }, nav: 30 },
}
