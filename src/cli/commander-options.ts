import { type Command, Option } from 'commander';
import type { OptionDescription } from './options.js';

/** Gives a command its options. */
export function addOptions(command: Command, options: readonly OptionDescription[]): Command {
  for (const description of options) addOption(command.optionsGroup(description.group), description);
  return command;
}

function addOption(command: Command, description: OptionDescription): void {
  const { flags, parse, repeatable, default: initial } = description;
  const option = new Option(flags, description.description);
  if (parse === undefined) {
    command.addOption(option);
  } else if (repeatable) {
    addRepeatable(command, option, parse);
  } else {
    if (initial !== undefined) option.default(initial.value, initial.text);
    command.addOption(option.argParser((text) => parse(withoutEquals(text))));
  }
}

/** A list that is empty at first; that goes without saying in the help. */
function addRepeatable(command: Command, option: Option, parse: (text: string) => unknown): void {
  option.argParser((text, before: readonly unknown[]) => [...before, parse(withoutEquals(text))]);
  command.addOption(option).setOptionValueWithSource(option.attributeName(), [], 'default');
}

/** `-d=5` is meant as `--duration=5`; commander takes the sign for a part of the value. */
function withoutEquals(text: string): string {
  return text.replace(/^=/, '');
}
