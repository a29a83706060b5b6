// Takes the pictures of docs/screenshots: `npm run screenshots`.
import { make } from './tests.js';

const [pictures] = await make(['pictures.ts']);
await import(pictures);
