// What somebody might say, or be called, to make a page do what it must not (reference: faults A02). Each is shown as text,
// letter for letter.
import { expectEqual } from '../harness.mjs';

/** What `alert` is replaced by, so that a payload that runs is noticed: see watchAlarms. */
const tags = [
  '<img src=x onerror="alert(1)">',
  '<script>alert(1)</script>',
  '</script><script>alert(1)</script>',
  '<ScRiPt src="//evil.test/x.js"></sCrIpT>',
  '"><svg onload=alert(1)>',
  '<svg><script>alert&#40;1&#41;</script></svg>',
  '<svg><animate onbegin=alert(1) attributeName=x dur=1s>',
  '<template><script>alert(1)</script></template>',
  '<iframe srcdoc="<script>parent.alert(1)</script>"></iframe>',
  '<iframe src="javascript:parent.alert(1)"></iframe>',
  '<object data="data:text/html,<script>alert(1)</script>"></object>',
  '<embed src="javascript:alert(1)">',
  '<link rel=stylesheet href="//evil.test/x.css">',
  '<base href="https://evil.test/">',
  '<meta http-equiv="refresh" content="0;url=https://evil.test/">',
  '<form action="https://evil.test"><input autofocus onfocus=alert(1)></form>',
  '<details open ontoggle=alert(1)>',
  '<video><source onerror="alert(1)"></video>',
  '<marquee onstart=alert(1)>',
  '<body onload=alert(1)>',
  '<math><mtext></mtext><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
  '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
  '<textarea></textarea><img src=x onerror=alert(1)>',
  '<title></title><img src=x onerror=alert(1)>',
  '<!--><img src=x onerror=alert(1)>-->',
  '<![CDATA[<img src=x onerror=alert(1)>]]>',
  '<?xml version="1.0"?><x:script xmlns:x="http://www.w3.org/1999/xhtml">alert(1)</x:script>',
  '<a href="javascript:alert(1)">click me</a>',
  '<img src=x onerror=alert(1)//',
  '<<script>alert(1);//<</script>',
];

const attributes = [
  "' onmouseover='alert(1)",
  '" autofocus onfocus="alert(1)" x="',
  '` onclick=alert(1) `',
  'javascript:alert(1)',
  'data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==',
  '../../api/v1/calls?outcome=booked#line-0',
  '//evil.test/%2e%2e',
];

const templates = [
  '{{constructor.constructor("alert(1)")()}}',
  '${alert(1)} #{alert(1)} <%= alert(1) %>',
  '{@html "<b>bold</b>"}',
  '{#if true}yes{/if} {expression}',
  '&lt;b&gt;escaped already&lt;/b&gt; &amp;amp; &#x3c;script&#x3e; &nbsp;|',
  '\\u003cscript\\u003ealert(1)\\u003c/script\\u003e',
  "'; alert(1); //",
  "'; drop table bridge.calls; --",
  '%3Cscript%3Ealert(1)%3C%2Fscript%3E',
];

const styles = [
  '<style>*{display:none!important}</style>',
  '</style><style>body{background:url(//evil.test/x)}',
  'x; background: url(javascript:alert(1)); position: fixed; inset: 0',
  '<p style="position:fixed;inset:0;background:red">all over</p>',
];

const letters = [
  '\u202Eright to left override\u202C and back',
  '\u2066isolated\u2069 \u2067right\u2069 \u200Fmark\u200E',
  '\u202Enever closed: gpj.exe',
  'zero\u200Bwidth\u200C\u200Djoiners\u2060\uFEFFhere',
  'separators\u2028of lines\u2029and paragraphs\u0085next',
  'family 👩‍👩‍👧‍👦, flag 🇩🇪, skin 👍🏽, tag 🏴󠁧󠁢󠁥󠁮󠁧󠁿',
  `Z${'\u0351\u0323\u0310'.repeat(60)}algo`,
  '\u001B[31mred\u001B[0m \u001B]0;title\u0007 bell \b\b\b',
  '\uFF1Cscript\uFF1Ealert(1)\uFF1C/script\uFF1E \u2039img\u203A',
  'control \u0001\u0002\u001F\u007F\u009F end',
];

/** Sixty that can be stored letter for letter. */
export const hostile = [...tags, ...attributes, ...templates, ...styles, ...letters];

/** Longer than anybody speaks; the page shows its beginning and says how much is missing. */
export const endless = `<img src=x onerror=alert(1)>${'A'.repeat(1_000_000)}`;

/** As the agent's wire says it (JSON), and as it is stored: PostgreSQL has no NUL, UTF-8 no half of a pair. */
export const unstorable = [{ said: 'nul \u0000 inside', kept: 'nul \uFFFD inside' }];

/** Before any script of the page: remembers what must not happen. */
export async function watchAlarms(page) {
  await page.addInitScript(() => {
    window.alarms = [];
    for (const name of ['alert', 'confirm', 'prompt'])
      window[name] = (text) => void window.alarms.push(`${name} ${text}`);
    document.addEventListener('securitypolicyviolation', (event) =>
      window.alarms.push(`${event.violatedDirective} ${event.blockedURI}`),
    );
  });
}

/** Nothing of what is above did anything, or became an element that no page of ours has. */
export async function expectQuiet(page) {
  expectEqual(await page.evaluate(() => window.alarms), [], 'alarms');
  const foreign = 'iframe, object, embed, template, base, form[action^="http"], marquee, video';
  expectEqual(await page.locator(foreign).count(), 0, 'foreign elements');
  expectEqual(await page.locator('script:not([src^="/assets/"])').count(), 0, 'scripts');
}
