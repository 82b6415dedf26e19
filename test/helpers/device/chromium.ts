// Playwright's types name those of pages.
/// <reference lib="dom" />
import {type BrowserContext, chromium} from 'playwright-core';
import {findDeviceChromium} from '../../services/chromium.ts';

const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'];

/**
Starts a Chromium that binds sessions to its device, without a TPM and without a limit of signatures.

@param directory Its profile, which has the keys.
@param pin The hash of the public key of a certificate to take for valid. One whose error is only ignored doesn't do.
*/
export const startDevice = (directory: string, pin: string): Promise<BrowserContext> =>
	chromium.launchPersistentContext(directory, {
		executablePath: findDeviceChromium(),
		javaScriptEnabled: false,
		args: [
			...['--no-sandbox', '--disable-gpu', '--disable-quic', ...quiet],
			'--enable-features=DeviceBoundSessions:RefreshQuota/false,EnableBoundSessionCredentialsSoftwareKeysForManualTesting',
			`--ignore-certificate-errors-spki-list=${pin}`,
			'--host-resolver-rules=MAP *.example.test 127.0.0.1,MAP *.other.test 127.0.0.1',
		],
	});
