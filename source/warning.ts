const given = new Set<string>();

/** Emits a process warning, once per process. Its code is `KOA_SERVER_SESSION_` and `code`. */
export const warnOnce = (code: string, message: string, detail?: string): void => {
	if (given.has(code)) return;
	given.add(code);
	process.emitWarning(message, {code: `KOA_SERVER_SESSION_${code}`, ...(detail !== undefined && {detail})});
};
