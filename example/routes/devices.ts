import {confirmFirst} from '../confirmation.ts';
import {endDevice, listDevices} from '../devices.ts';
import {formToken} from '../form.ts';
import {devicesPage, nobodysDevicesPage} from '../pages/devices.ts';
import {stealPage} from '../pages/steal.ts';
import {seeOther} from '../show.ts';
import {copyOf} from '../theft.ts';
import type {AddRoutes} from './options.ts';

/** The page that shows people where they are logged in, and its forms. */
export const addDeviceRoutes: AddRoutes = (router, show, {store, sessions}) => {
	router.get('/devices', async ctx => {
		if (ctx.session.user === undefined) return show(ctx, 'Devices', nobodysDevicesPage);

		const token = formToken(ctx.session);
		const canList = store.bySubject !== undefined;
		const devices = await listDevices(ctx, canList ? sessions() : undefined);
		return show(ctx, 'Devices', devicesPage({devices, canList, token}));
	});

	router.get('/steal', ctx => show(ctx, 'Steal this cookie', stealPage(copyOf(ctx))));

	router.post('/devices/end', confirmFirst('/devices'), async ctx => {
		const ended = await endDevice(ctx, sessions(), ctx.state.form.get('handle'));
		if (ended) ctx.session.flash('done', `${ended.agent} is logged out.`);
		seeOther(ctx, '/devices');
	});

	router.post('/devices/end-others', confirmFirst('/devices'), async ctx => {
		const {id, subject} = ctx.session;
		if (subject !== undefined) {
			const ended = await sessions().revoke(subject, {except: id});
			ctx.session.flash('done', ended === 1 ? 'One device is logged out.' : `${ended} devices are logged out.`);
		}
		seeOther(ctx, '/devices');
	});
};
