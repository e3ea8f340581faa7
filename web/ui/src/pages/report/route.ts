import type { RouteRecordRaw } from 'vue-router'

export const route: RouteRecordRaw = {
  path: '/month/:month',
  component: () => import('./ReportPage.vue'),
  meta: { title: 'month.one', roles: ['supervisor', 'analyst', 'admin'], under: '/month' },
}
