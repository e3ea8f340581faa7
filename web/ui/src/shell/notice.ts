/** Telling somebody who looks elsewhere that a caller is there: a notice of the system's. */

/** Call in a click. Asked once; who refused is not asked again. */
export function allowNotices(): void {
  if ('Notification' in window && Notification.permission === 'default') {
    void Notification.requestPermission()
  }
}

/** Shows a notice while this window is not looked at; returns what takes it away. */
export function notice(title: string, body: string): () => void {
  if (!('Notification' in window) || Notification.permission !== 'granted' || !document.hidden) {
    return () => undefined
  }
  const shown = new Notification(title, { body, tag: 'hotline-call', requireInteraction: true })
  shown.addEventListener('click', () => {
    window.focus()
    shown.close()
  })
  return () => shown.close()
}
