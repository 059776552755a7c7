// A page in both themes, wide and narrow: it fits, axe has nothing against it, and pictures are left.
import { writeFile } from 'node:fs/promises';
import { accessibilityFindings, expectEqual } from '../harness.mjs';
import { expectFits, looks } from '../page_checks.mjs';
import { shrink } from './shrink.mjs';

const wide = { width: 1280, height: 860 };
const narrow = { width: 375, height: 740 };

export class Pictures {
  #all;
  #documents;

  /** All looks go to the folder `all`; what documents show goes to the folder `documents`, if there is one. */
  constructor(all, documents) {
    this.#all = all;
    this.#documents = documents;
  }

  /** Inspects the page as it stands; `shown` are the looks that documents show, as NAME.png or NAME_LOOK.png. */
  async of(page, name, shown = ['light']) {
    for (const look of looks) {
      await page.setViewportSize(look.narrow ? narrow : wide);
      await page.emulateMedia({ colorScheme: look.dark ? 'dark' : 'light' });
      await expectFits(page);
      await page.screenshot({ path: `${this.#all}/${name}_${look.name}.png`, fullPage: true });
      // both themes and both widths; the fixtures' checks (../run) have the other two
      if (look.dark === look.narrow)
        expectEqual(await accessibilityFindings(page), [], `axe findings in ${look.name}`);
      if (this.#documents && shown.includes(look.name)) await this.#forDocuments(page, name, look);
    }
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize(wide);
  }

  async #forDocuments(page, name, look) {
    await page.evaluate(() => window.scrollTo(0, 0));
    const file = look.name === 'light' ? name : `${name}_${look.name}`;
    await writeFile(`${this.#documents}/${file}.png`, shrink(await page.screenshot()));
  }
}
