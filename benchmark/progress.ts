/** Tells on the terminal how far a case is, in a line that the next one replaces. */
export const tellOf =
	(title: string, rounds: number) =>
	(round: number): void =>
		tell(`${title}: round ${round} of ${rounds}`);

export const tell = (line: string): void => {
	if (process.stderr.isTTY) process.stderr.write(`\r\u001B[K${line}`);
};
