import {toVersion, type Version} from '../../store.ts';
import {drawText} from '../../tokens/random.ts';

/** 8 random octets in 11 characters, never drawn again: no update can mistake an earlier state for the one it read. */
export const drawVersion = (): Version => toVersion(drawText(8, 'base64url'));
