import {findOrInstall} from './install.ts';
import {systemPrograms} from './needs.ts';

/** The path of a Chromium for browser tests. */
export const findChromium = (): string => {
	const path = process.env['TEST_CHROMIUM'] ?? findOrInstall(systemPrograms.chromium);
	if (path) return path;
	throw new Error(
		'Expected chromium on the PATH. Install it (Debian: apt-get install chromium-headless-shell), or set TEST_CHROMIUM',
	);
};

/** The path of a Chromium that can bind sessions to its device. */
export const findDeviceChromium = (): string => {
	const path = process.env['TEST_DEVICE_CHROMIUM'] ?? findOrInstall(systemPrograms.deviceChromium);
	if (path) return path;
	throw new Error(
		'Expected a whole chromium on the PATH. Install it (Debian: apt-get install chromium), or set TEST_DEVICE_CHROMIUM',
	);
};
