// What changes because time goes by, and not because something happened: a shift that begins.

/** Does something again and again as long as the component is on the screen and the page is seen. */
export function every(milliseconds: number, run: () => void): void {
  $effect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') run();
    }, milliseconds);
    return () => clearInterval(timer);
  });
}
