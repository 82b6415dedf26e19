const given = new Set<string>();

/** Warns once a process, however often there is cause to. `code` makes the warning's code, behind `KOA_SERVER_SESSION_`. */
export const warnOnce = (code: string, message: string, detail?: string): void => {
	if (given.has(code)) return;
	given.add(code);
	process.emitWarning(message, {code: `KOA_SERVER_SESSION_${code}`, ...(detail !== undefined && {detail})});
};
