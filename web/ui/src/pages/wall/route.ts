import type { RouteRecordRaw } from 'vue-router'

export const route: RouteRecordRaw = {
  path: '/wall',
  component: () => import('./WallPage.vue'),
  meta: { title: 'wall.title', roles: ['supervisor', 'analyst', 'admin'], nav: 10 },
}
