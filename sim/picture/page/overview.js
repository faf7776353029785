// The strip at the right: the whole run at a glance, and where the screen is in it.

class Overview {
  constructor(canvas, diagram) {
    this.canvas = canvas;
    this.diagram = diagram;
    const jump = (event) => {
      if (event.buttons !== 1) return;
      const share = event.offsetY / canvas.clientHeight;
      diagram.scrollTop = share * diagram.scrollHeight - diagram.clientHeight / 2;
    };
    canvas.addEventListener("pointerdown", jump);
    canvas.addEventListener("pointermove", jump);
  }

  draw(run, layout) {
    const { canvas } = this;
    const style = getComputedStyle(document.documentElement);
    const color = (name) => style.getPropertyValue(`--${name}`);
    const ratio = window.devicePixelRatio;
    const height = canvas.parentElement.clientHeight;
    canvas.width = 44 * ratio;
    canvas.height = height * ratio;
    canvas.style.height = `${height}px`;
    const paint = canvas.getContext("2d", { willReadFrequently: true });
    paint.scale(ratio, ratio);
    const at = (y) => (y / layout.height) * height;
    for (const band of run.bands) {
      paint.globalAlpha = 0.35;
      paint.fillStyle = color(familyOf(band.kind));
      const from = at(layout.y(band.from));
      paint.fillRect(28, from, 12, Math.max(2, at(layout.y(band.until)) - from));
    }
    paint.globalAlpha = 1;
    this.drawDensity(paint, layout, height, color("ink-faint"));
    const line = (item, name) => {
      if (item === null || !layout.items.includes(item)) return;
      paint.fillStyle = color(name);
      paint.fillRect(0, at(item.y1) - 1.5, 44, 3);
    };
    line(run.acknowledgement, "good");
    line(run.loss, "danger");
    for (const violation of run.violations) {
      paint.fillStyle = color("danger");
      paint.fillRect(0, at(layout.y(violation.at)) - 1, 44, 2);
    }
    this.picture = paint.getImageData(0, 0, canvas.width, canvas.height);
    this.showScreen(layout);
  }

  drawDensity(paint, layout, height, color) {
    const bins = new Array(Math.ceil(height / 2)).fill(0);
    for (const item of layout.items) bins[Math.min(bins.length - 1, Math.floor((item.y1 / layout.height) * bins.length))] += 1;
    const most = Math.max(1, ...bins);
    paint.fillStyle = color;
    bins.forEach((count, i) => paint.fillRect(4, i * 2, (count / most) * 22, 1.6));
  }

  showScreen(layout) {
    if (this.picture === undefined) return;
    const { canvas, diagram } = this;
    const paint = canvas.getContext("2d");
    paint.putImageData(this.picture, 0, 0);
    const height = canvas.clientHeight;
    const top = (diagram.scrollTop / layout.height) * height;
    const share = Math.max(6, (diagram.clientHeight / layout.height) * height);
    paint.strokeStyle = getComputedStyle(document.documentElement).getPropertyValue("--accent");
    paint.lineWidth = 2;
    paint.strokeRect(1, top + 1, 42, Math.min(share, height - top) - 2);
  }
}
