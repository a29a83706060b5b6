// Where the app begins: the theme before anything is drawn, then the shell.
import './app.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { theme } from './lib/theme.svelte';

theme.apply();
const target = document.getElementById('app');
if (!target) throw new Error('the page has no element `app`');
mount(App, { target });
