/** How a format writes what formats don't have in common, within a session that needs tags. Each pair undoes the other. */
export type Spelling = {
	writeBytes(bytes: Buffer): unknown;

	/** Gives memory that belongs to nobody else. @throws TypeError For what `writeBytes` doesn't give. */
	readBytes(spelled: unknown): Buffer;

	/** For keys as well as for values. */
	writeText(text: string): string;

	/** @throws TypeError For what `writeText` doesn't give. */
	readText(spelled: string): string;
};
