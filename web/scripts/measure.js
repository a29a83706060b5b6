// Measures how fast the app is: `npm run measure`.
import { make } from './tests.js';

const [measure] = await make(['measure.ts']);
await import(measure);
