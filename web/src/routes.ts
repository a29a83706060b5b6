// Every page. A new one is one line here.
import type { Route } from './lib/router.svelte';

export const routes: readonly Route[] = [
  { path: '/', name: 'Now', key: 'n', nav: true, load: () => import('./pages/now/Now.svelte') },
  { path: '/cases', name: 'Cases', key: 'c', nav: true, load: () => import('./pages/cases/Cases.svelte') },
  { path: '/cases/:id', name: 'Case', load: () => import('./pages/case/Case.svelte') },
  {
    path: '/services',
    name: 'Services',
    key: 's',
    nav: true,
    load: () => import('./pages/services/Services.svelte'),
  },
  { path: '/services/:name', name: 'Service', load: () => import('./pages/service/Service.svelte') },
  {
    path: '/oncall',
    name: 'On call',
    key: 'o',
    nav: true,
    load: () => import('./pages/oncall/OnCall.svelte'),
  },
  {
    path: '/runbooks',
    name: 'Runbooks',
    key: 'b',
    nav: true,
    load: () => import('./pages/runbooks/Runbooks.svelte'),
  },
  {
    path: '/runbooks/:repository/:name',
    name: 'Runbook',
    load: () => import('./pages/runbook/Runbook.svelte'),
  },
  { path: '/controls', name: 'Controls', key: 'l', load: () => import('./pages/controls/Controls.svelte') },
  {
    path: '/automations',
    name: 'Automations',
    key: 'a',
    nav: true,
    load: () => import('./pages/automations/Automations.svelte'),
  },
  {
    path: '/automations/:name',
    name: 'Automation',
    load: () => import('./pages/automation/Automation.svelte'),
  },
  { path: '/runners', name: 'Runners', key: 'w', load: () => import('./pages/runners/Runners.svelte') },
  { path: '/runs', name: 'Runs', key: 'u', load: () => import('./pages/runs/Runs.svelte') },
  { path: '/runs/:id', name: 'Run', load: () => import('./pages/run/Run.svelte') },
  {
    path: '/record',
    name: 'Record',
    key: 'r',
    nav: true,
    load: () => import('./pages/record/Record.svelte'),
  },
  {
    path: '/drills',
    name: 'Drills',
    key: 'd',
    nav: true,
    load: () => import('./pages/drills/Drills.svelte'),
  },
  { path: '/drills/:name', name: 'Drill', load: () => import('./pages/drill/Drill.svelte') },
  { path: '/me', name: 'Me', key: 'm', load: () => import('./pages/me/Me.svelte') },
  { path: '/signin', name: 'Sign in', open: true, load: () => import('./pages/signin/SignIn.svelte') },
];
