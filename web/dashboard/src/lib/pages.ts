// The pages that exist. A page that is added here gets its address and, with `navigation`, its place in the top bar;
// web/assets.cpp has the same table, for the addresses that the server answers with this application.
import type { Component } from 'svelte';
import AnalyticsPage from '../pages/Analytics.svelte';
import CallPage from '../pages/Call.svelte';
import CallsPage from '../pages/Calls.svelte';
import CompliancePage from '../pages/Compliance.svelte';
import LatencyPage from '../pages/LatencyMonitor.svelte';
import LivePage from '../pages/Live.svelte';

import LoginPage from '../pages/Login.svelte';
import PeoplePage from '../pages/People.svelte';
import SetupPage from '../pages/Setup.svelte';
import type { Right } from './session.svelte';

export interface Page {
  pattern: RegExp;
  component: Component;
  /** Which entry of the navigation is lit. */
  section: string;
}

interface Entry {
  section: string;
  label: string;
  address: string;
  /** Only for those who have it. */
  right?: Right;
}

export const navigation: readonly Entry[] = [
  { section: 'calls', label: 'Calls', address: '/' },
  { section: 'live', label: 'Live', address: '/live' },
  { section: 'latency', label: 'Latency', address: '/latency-monitor' },
  { section: 'analytics', label: 'Analytics', address: '/analytics' },
  { section: 'compliance', label: 'Compliance', address: '/compliance' },
  { section: 'people', label: 'People', address: '/people', right: 'administer' },
];

const pages: readonly Page[] = [
  { pattern: /^\/$/, component: CallsPage, section: 'calls' },
  { pattern: /^\/calls\/[^/]+$/, component: CallPage, section: 'calls' },
  { pattern: /^\/analytics$/, component: AnalyticsPage, section: 'analytics' },
  { pattern: /^\/compliance$/, component: CompliancePage, section: 'compliance' },
  { pattern: /^\/live$/, component: LivePage, section: 'live' },
  { pattern: /^\/latency-monitor$/, component: LatencyPage, section: 'latency' },
  { pattern: /^\/people$/, component: PeoplePage, section: 'people' },
  { pattern: /^\/login$/, component: LoginPage, section: '' },
  { pattern: /^\/setup$/, component: SetupPage, section: '' },
];

export const findPage = (path: string): Page | null =>
  pages.find((page) => page.pattern.test(path)) ?? null;
