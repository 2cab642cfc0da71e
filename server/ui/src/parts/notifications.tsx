// What the server wants its people to know (a failed reload, …). Hidden where the server has no such list.
import {useLive} from '../api/live';
import {Icon} from './icons';
import {Popover} from './popover';

interface Notification {
  text: string;
  date: string;
  active: boolean;
}

export function Notifications() {
  const {answer} = useLive<Notification[]>('notifications', {}, 15_000);
  const active = (answer?.data ?? []).filter((one) => one.active);
  if (active.length === 0) return null;
  return (
    <Popover label="Notifications" class="text-warn" button={<><Icon name="bell" />{active.length}</>}>
      {() => <ul class="plain">{active.map((one) => <li key={one.date + one.text}>{one.text}</li>)}</ul>}
    </Popover>
  );
}
