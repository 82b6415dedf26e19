import type {CommandOption} from './command.ts';

/** The option that names the subject. */
export const subjectOption: CommandOption = {
	type: 'string',
	value: 'TEXT',
	isRequired: true,
	help: 'Whose sessions: the value that the application assigns to `ctx.session.subject`',
};
