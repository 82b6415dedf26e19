import type {ExecutionContext} from 'ava';

/** The library's own warnings in this process, in their order. Each comes once. */
const warned: string[] = [];

process.on('warning', ({message, ...warning}) => {
	if ('code' in warning && String(warning.code).startsWith('KOA_SERVER_SESSION_'))
		warned.push(`${warning.code}: ${message}`);
});

/** Fails a test in which the library warns: what the documentation shows gives no reason to. Tests run one after the other. */
export const expectNoWarning = (t: ExecutionContext): void => {
	const before = warned.length;
	t.teardown(() => {
		if (warned.length > before) throw new Error(warned.slice(before).join('\n'));
	});
};
