// What the server wants its people to know (a failed reload, …). Hidden where the server has no such list.
import {useEffect, useState} from 'preact/hooks';
import {useLive} from '../api/live';
import {Icon} from './icons';
import {Popover} from './popover';

interface Notification {
  text: string;
  date: string;
  active: boolean;
}

const liveAddress = 'api/v1/notifications/live';

// The server tells of changes as they happen. Nothing while the page is in the background: a browser has few connections
// to one server. `refused`: it has no such stream, or no place in it; then it is asked now and then.
function useStream(): {active: Notification[]; refused: boolean} {
  const [active, setActive] = useState<Notification[]>([]);
  const [refused, setRefused] = useState(false);

  useEffect(() => {
    let source: EventSource | undefined;
    const close = () => {
      source?.close();
      source = undefined;
    };
    const open = () => {
      if (document.hidden || source !== undefined) return;
      const opened = new EventSource(liveAddress);
      source = opened;
      // It begins with all that is active, also when the connection was lost and made anew.
      opened.onopen = () => setActive([]);
      opened.onmessage = (event: MessageEvent<string>) => {
        const news = JSON.parse(event.data) as Notification;
        setActive((old) => [...old.filter((one) => one.text !== news.text), ...(news.active ? [news] : [])]);
      };
      opened.onerror = () => {
        if (opened.readyState === EventSource.CLOSED) setRefused(true);
      };
    };
    const changed = () => (document.hidden ? close() : open());
    open();
    document.addEventListener('visibilitychange', changed);
    return () => {
      document.removeEventListener('visibilitychange', changed);
      close();
    };
  }, []);
  return {active, refused};
}

export function Notifications() {
  const stream = useStream();
  const {answer} = useLive<Notification[]>(stream.refused ? 'notifications' : undefined, {}, 15_000);
  const active = stream.refused ? (answer?.data ?? []).filter((one) => one.active) : stream.active;
  if (active.length === 0) return null;
  return (
    <Popover label="Notifications" class="text-warn" button={<><Icon name="bell" />{active.length}</>}>
      {() => <ul class="plain">{active.map((one) => <li key={one.date + one.text}>{one.text}</li>)}</ul>}
    </Popover>
  );
}
