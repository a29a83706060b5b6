// Walking through a picture by the arrow keys: to the nearest thing that way.

interface Place {
  x: number;
  y: number;
}

/** How much worse a step to the side is than a step ahead. */
const ASIDE = 2.5;

/** The id that an arrow key leads to; null where nothing lies that way. */
export function towards(key: string, from: string, places: ReadonlyMap<string, Place>): string | null {
  const here = places.get(from);
  if (!here) return null;
  let best: string | null = null;
  let least = Infinity;
  for (const [id, there] of places) {
    const [dx, dy] = [there.x - here.x, there.y - here.y];
    const ahead = key === 'ArrowRight' ? dx : key === 'ArrowLeft' ? -dx : key === 'ArrowDown' ? dy : -dy;
    const aside = Math.abs(key === 'ArrowRight' || key === 'ArrowLeft' ? dy : dx);
    if (id === from || ahead <= 1) continue;
    const far = ahead + aside * ASIDE;
    if (far < least) [best, least] = [id, far];
  }
  return best;
}
