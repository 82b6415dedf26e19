import type {CommandOption} from './command.ts';

/** The option that says whose sessions are meant. */
export const subjectOption: CommandOption = {
	type: 'string',
	value: 'TEXT',
	isRequired: true,
	help: 'Whose sessions: what the application assigns to `ctx.session.subject`',
};
