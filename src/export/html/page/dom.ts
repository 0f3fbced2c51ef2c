/** Listeners by the event's name, everything else is an attribute; false and undefined leave it out. */
export type Attributes = Readonly<
  Record<string, string | number | boolean | undefined | ((event: never) => void)>
>;

/** An element with all that belongs to it. Text always becomes text nodes, so nothing in it is markup. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly (Node | string | undefined)[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') made.addEventListener(name, value as EventListener);
    else if (value === true) made.setAttribute(name, '');
    else if (value !== undefined && value !== false) made.setAttribute(name, String(value));
  }
  for (const child of children) if (child !== undefined) made.append(child);
  return made;
}

/** What stands beside a control for those who see it. */
export function labelled(text: string, control: HTMLElement): HTMLLabelElement {
  control.setAttribute('aria-label', text); // Else the options would be part of its name.
  return element('label', { class: 'labelled' }, element('span', {}, text), control);
}

/** A list to choose from; `choose` is called with the value. */
export function chooser<Value extends string>(
  options: readonly (readonly [Value, string])[],
  chosen: Value,
  choose: (value: Value) => void,
): HTMLSelectElement {
  const select = element(
    'select',
    { change: () => choose(select.value as Value) },
    ...options.map(([value, text]) => element('option', { value, selected: value === chosen }, text)),
  );
  return select;
}

/** A bar as long as a share, for people to see; its number stands beside it. */
export function bar(share: number, kind = ''): HTMLElement {
  const inner = element('i', { class: kind });
  inner.style.width = `${Math.min(100, Math.max(share > 0 ? 0.5 : 0, share * 100))}%`;
  return element('span', { class: 'bar', 'aria-hidden': 'true' }, inner);
}
