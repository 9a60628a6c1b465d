// Moves and scales a drawing: drag, wheel, two fingers; the keys call pan(), zoom() and fit().

const kNearest = 3;
const kFarthest = 0.08;
/** Below, small text is left out (map.css). */
const kUnreadable = 0.6;

export class PanZoom {
  private x = 0;
  private y = 0;
  private scale = 1;
  /** By the reader: then new nodes do not move the drawing under the eyes. */
  private moved = false;
  private size = { width: 1, height: 1 };
  private readonly pointers = new Map<number, { x: number; y: number }>();
  private dragging = false;
  private readonly ended = new AbortController();
  private readonly resized: ResizeObserver;

  /** `svg` is the window, `group` all that is drawn in it. */
  constructor(
    private readonly svg: SVGSVGElement,
    private readonly group: SVGGElement,
  ) {
    const on = (type: string, listener: (event: never) => void, options = {}) =>
      svg.addEventListener(type, listener as EventListener, {
        signal: this.ended.signal,
        ...options,
      });
    on(
      'wheel',
      (event: WheelEvent) => {
        event.preventDefault();
        const box = svg.getBoundingClientRect();
        const pixels = event.deltaY * (event.deltaMode === 1 ? 16 : 1);
        const factor = Math.exp(-Math.max(-120, Math.min(120, pixels)) / 400);
        this.zoom(factor, event.clientX - box.left, event.clientY - box.top);
      },
      { passive: false },
    );
    on('pointerdown', (event: PointerEvent) => {
      if (event.button !== 0) return;
      this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    });
    on('pointermove', (event: PointerEvent) => this.move(event));
    for (const type of ['pointerup', 'pointercancel']) {
      on(type, (event: PointerEvent) => {
        this.pointers.delete(event.pointerId);
        if (this.pointers.size === 0) this.dragging = false;
      });
    }
    this.resized = new ResizeObserver(() => {
      if (!this.moved) this.fit();
    });
    this.resized.observe(svg);
  }

  close(): void {
    this.ended.abort();
    this.resized.disconnect();
  }

  /** The drawing's size changed: shows all of it, unless the reader has moved it. */
  resize(width: number, height: number): void {
    if (width === this.size.width && height === this.size.height) return;
    this.size = { width: Math.max(1, width), height: Math.max(1, height) };
    if (!this.moved) this.fit();
  }

  fit(): void {
    const { width, height } = this.svg.getBoundingClientRect();
    if (width === 0) return;
    this.moved = false;
    const whole = Math.min(width / this.size.width, height / this.size.height);
    this.scale = Math.min(1.15, Math.max(kFarthest, whole));
    this.x = (width - this.size.width * this.scale) / 2;
    this.y = (height - this.size.height * this.scale) / 2;
    this.apply();
  }

  pan(x: number, y: number): void {
    this.moved = true;
    this.x += x;
    this.y += y;
    this.apply();
  }

  /** `x`, `y`: what stays where it is, in pixels of the window; its middle if they are left out. */
  zoom(factor: number, x?: number, y?: number): void {
    const box = this.svg.getBoundingClientRect();
    const fixed = { x: x ?? box.width / 2, y: y ?? box.height / 2 };
    const scale = Math.min(kNearest, Math.max(kFarthest, this.scale * factor));
    this.moved = true;
    this.x = fixed.x - (fixed.x - this.x) * (scale / this.scale);
    this.y = fixed.y - (fixed.y - this.y) * (scale / this.scale);
    this.scale = scale;
    this.apply();
  }

  /** Moves just so far that what is drawn around (x, y) is in the window. */
  reveal(x: number, y: number, width: number, height: number): void {
    const box = this.svg.getBoundingClientRect();
    const shift = (middle: number, length: number, room: number) => {
      const low = middle - length / 2 - 12,
        high = middle + length / 2 + 12;
      return low < 0 ? -low : high > room ? room - high : 0;
    };
    const right = shift(this.x + x * this.scale, width * this.scale, box.width);
    const down = shift(this.y + y * this.scale, height * this.scale, box.height);
    if (right || down) this.pan(right, down);
  }

  private move(event: PointerEvent): void {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    if (event.buttons === 0) {
      // let go outside of the window
      this.pointers.delete(event.pointerId);
      return;
    }
    const after = { x: event.clientX, y: event.clientY };
    // A hand that trembles while it clicks has not dragged.
    if (!this.dragging && Math.hypot(after.x - before.x, after.y - before.y) < 4) return;
    if (!this.dragging) {
      this.dragging = true;
      for (const id of this.pointers.keys()) this.svg.setPointerCapture(id);
    }
    const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1];
    this.pointers.set(event.pointerId, after);
    if (!other) {
      this.pan(after.x - before.x, after.y - before.y);
      return;
    }
    const box = this.svg.getBoundingClientRect();
    const apart = (point: { x: number; y: number }): number =>
      Math.max(1, Math.hypot(point.x - other.x, point.y - other.y));
    const middle = { x: (after.x + other.x) / 2 - box.left, y: (after.y + other.y) / 2 - box.top };
    this.zoom(apart(after) / apart(before), middle.x, middle.y);
    this.pan((after.x - before.x) / 2, (after.y - before.y) / 2);
  }

  private apply(): void {
    this.group.setAttribute('transform', `translate(${this.x} ${this.y}) scale(${this.scale})`);
    this.svg.classList.toggle('far', this.scale < kUnreadable);
    this.svg.style.setProperty('--scale', String(this.scale));
  }
}
