/**
 * Where the pages are. A page is a folder of src/pages with a `route.ts`; nothing else has to be
 * told of it: see README.md, "A new page".
 */
import {
  createRouter,
  createWebHistory,
  type RouteMeta,
  type RouteRecordRaw,
  type Router,
} from 'vue-router'

import type { Role } from '@/api/types'
import type { useSession } from '@/stores/session'

declare module 'vue-router' {
  interface RouteMeta {
    /** Key of the page's name, for the window's title and the navigation. */
    title: string
    /** Its name for those who know it under another one. */
    titles?: Partial<Record<Role, string>>
    /** Who may open it; left out: everybody who is signed in. */
    roles?: readonly Role[]
    /** Place in the navigation, smallest first; left out: not in the navigation. */
    nav?: number
    /** Path of the page of the navigation that this one belongs to. */
    under?: string
    /** Open without a sign-in. */
    open?: boolean
    /** Without the frame of navigation around it. */
    bare?: boolean
  }
}

const files = import.meta.glob<RouteRecordRaw>('./pages/*/route.ts', {
  eager: true,
  import: 'route',
})
export const PAGES: readonly RouteRecordRaw[] = Object.values(files)

export interface Entry {
  path: string
  title: string
}

/** The navigation of a role. */
export function navigation(pages: readonly RouteRecordRaw[], role: Role): Entry[] {
  return pages
    .filter((page) => page.meta?.nav !== undefined && opensTo(page.meta.roles, role))
    .sort((one, other) => (one.meta?.nav ?? 0) - (other.meta?.nav ?? 0))
    .map((page) => ({ path: page.path, title: titleOf(page.meta, role) }))
}

/** Key of a page's name for this role. */
export function titleOf(meta: RouteMeta | undefined, role: Role | null): string {
  return (role === null ? undefined : meta?.titles?.[role]) ?? meta?.title ?? ''
}

export function opensTo(roles: readonly Role[] | undefined, role: Role): boolean {
  return roles === undefined || roles.includes(role)
}

/** Where to go after signing in: a path of ours, never an address of somebody else. */
export function safeNext(next: unknown): string {
  return typeof next === 'string' && /^\/(?![/\\])/.test(next) ? next : '/'
}

export function makeRouter(session: ReturnType<typeof useSession>): Router {
  const router = createRouter({
    history: createWebHistory(),
    // Going back is left to the pages, which know when their rows are there again.
    scrollBehavior: (to, from, saved) => {
      if (to.hash !== '') return { el: to.hash }
      return saved === null && to.path !== from.path ? { top: 0 } : undefined
    },
    routes: [
      ...PAGES,
      // Nobody stays here: the guard below sends everybody to the first page of their role.
      { path: '/', component: { render: () => null } },
      { path: '/:rest(.*)*', redirect: '/' },
    ],
  })

  router.beforeEach(async (to) => {
    await session.known()
    const person = session.person
    const query = to.fullPath === '/' ? {} : { next: to.fullPath }
    if (person === null) return to.meta.open === true || { path: '/sign-in', query }
    if (session.state === 'must-change') {
      return to.path === '/password' || { path: '/password', query }
    }
    if (to.path === '/sign-in') return safeNext(to.query.next)
    const home = navigation(PAGES, person.role)[0]?.path ?? '/account'
    if (to.path === '/' || !opensTo(to.meta.roles, person.role)) return home
    return true
  })
  return router
}
