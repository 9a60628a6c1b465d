// The size of an element, followed.
import { useLayoutEffect, useState } from 'preact/hooks';
import type { RefObject } from 'preact';

export function useSize(element: RefObject<HTMLElement | null>): { width: number; height: number } {
  const [size, setSize] = useState({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const seen = element.current;
    if (seen === null) return;
    const measure = () => setSize((before) =>
      before.width === seen.clientWidth && before.height === seen.clientHeight ? before :
        { width: seen.clientWidth, height: seen.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(seen);
    return () => observer.disconnect();
  }, []);
  return size;
}
