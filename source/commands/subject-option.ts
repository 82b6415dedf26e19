import {isSubject} from '../request/arguments.ts';
import {type CommandOption, type OptionValues, UsageError} from './command.ts';

/** The option that names the subject. */
export const subjectOption: CommandOption = {
	type: 'string',
	value: 'TEXT',
	isRequired: true,
	help: 'Whose sessions: the value that the application assigns to `ctx.session.subject`',
};

/** @throws UsageError If no session could have this subject. A variable that isn't set gives an empty one. */
export const subjectOf = ({subject}: OptionValues): string => {
	if (isSubject(subject)) return subject;
	throw new UsageError(
		'Expected `--subject` to be a text of 1 to 255 characters. If it comes from a variable, set that first',
	);
};
