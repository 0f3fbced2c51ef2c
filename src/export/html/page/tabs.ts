import { element } from './dom.js';
import type { View } from './views.js';

export interface Tabs {
  readonly element: HTMLElement;
  show(view: View): void;
  /** Brings the view that is seen up to date. */
  update(): void;
}

/** Views of which one is seen, as tabs: https://www.w3.org/WAI/ARIA/apg/patterns/tabs/. */
export function tabbed(views: readonly View[]): Tabs {
  let current = views[0];
  const tabs = views.map((view, index) =>
    element(
      'button',
      {
        type: 'button',
        role: 'tab',
        id: `tab-${index}`,
        'aria-controls': `panel-${index}`,
        click: () => show(view),
        keydown: (event: KeyboardEvent) => {
          const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
          const next = step === undefined ? -1 : (index + step + views.length) % views.length;
          const target = views[next];
          if (target === undefined) return;
          show(target);
          tabs[next]?.focus();
        },
      },
      view.name,
    ),
  );
  const panels = views.map((view, index) =>
    element(
      'section',
      { role: 'tabpanel', id: `panel-${index}`, 'aria-labelledby': `tab-${index}` },
      view.element,
    ),
  );
  const show = (view: View) => {
    current = view;
    for (const [index, one] of views.entries()) {
      const isShown = one === view;
      tabs[index]?.setAttribute('aria-selected', String(isShown));
      tabs[index]?.setAttribute('tabindex', isShown ? '0' : '-1');
      if (panels[index] !== undefined) panels[index].hidden = !isShown;
    }
    view.update();
  };
  for (const [index] of views.entries()) {
    tabs[index]?.setAttribute('aria-selected', String(index === 0));
    tabs[index]?.setAttribute('tabindex', index === 0 ? '0' : '-1');
    if (panels[index] !== undefined) panels[index].hidden = index !== 0;
  }
  return {
    element: element(
      'main',
      {},
      element('div', { class: 'tabs', role: 'tablist', 'aria-label': 'Views' }, ...tabs),
      ...panels,
    ),
    show,
    update: () => current?.update(),
  };
}
