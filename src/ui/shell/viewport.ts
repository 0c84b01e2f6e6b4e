/** Keeps --app-height and --app-top on what no on-screen keyboard covers. */
export function followViewport(): void {
  const viewport = window.visualViewport;
  if (!viewport) return;
  const root = document.documentElement.style;
  let frame = 0;
  const apply = () => {
    frame = 0;
    // Zoomed in by fingers: the page stays as it is, the person looks around in it.
    if (viewport.scale > 1.01) return;
    root.setProperty('--app-height', `${Math.round(viewport.height)}px`);
    root.setProperty('--app-top', `${Math.round(viewport.offsetTop)}px`);
  };
  const later = () => {
    frame ||= requestAnimationFrame(apply);
  };
  viewport.addEventListener('resize', later);
  viewport.addEventListener('scroll', later);
  apply();
}
