import type { RouteRecordRaw } from 'vue-router'

export const route: RouteRecordRaw = {
  path: '/month',
  component: () => import('./MonthsPage.vue'),
  meta: { title: 'month.title', roles: ['supervisor', 'analyst', 'admin'], nav: 40 },
}
