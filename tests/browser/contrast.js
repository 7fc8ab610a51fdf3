// Notes every text a canvas draws, with its colour and what lies under it; measures the page's.
(() => {
  const scratch = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const { prototype } = CanvasRenderingContext2D;
  const { fillText, fillRect, clearRect } = prototype;
  const onCanvas = new Map();

  const rgba = (colour) => {
    const plain = /^rgba?\(([\d.]+), ([\d.]+), ([\d.]+)(?:, ([\d.]+))?\)$/.exec(colour);
    if (plain) return [+plain[1], +plain[2], +plain[3], plain[4] === undefined ? 1 : +plain[4]];
    clearRect.call(scratch, 0, 0, 1, 1);
    scratch.fillStyle = colour;
    fillRect.call(scratch, 0, 0, 1, 1);
    const [r, g, b, a] = scratch.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3]));
  const luminance = (colour) => {
    const [r, g, b] = colour.map((v) => v / 255)
      .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (one, other) => {
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };

  // What is seen behind an element, and how much of the element itself is.
  const behind = (element) => {
    const layers = [];
    let opacity = 1;
    for (let each = element; each; each = each.parentElement) {
      const style = getComputedStyle(each);
      opacity *= +style.opacity;
      layers.push(rgba(style.backgroundColor));
    }
    const ground = layers.reverse().reduce((under, layer) => over(layer, under), [255, 255, 255]);
    return { ground, opacity };
  };

  const usual = (pixels) => {
    const counts = new Map();
    for (let i = 0; i < pixels.length; i += 4) {
      const key = pixels.slice(i, i + 4).join();
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    const [most] = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a));
    const [r, g, b, a] = most.split(",").map(Number);
    return [r, g, b, a / 255];
  };

  // What is painted over is not to be read any more.
  const paintedOver = (context, x, y, width, height) => {
    const texts = onCanvas.get(context.canvas);
    if (!texts) return;
    const [from, to] = [{ x, y }, { x: x + width, y: y + height }]
      .map((corner) => context.getTransform().transformPoint(corner));
    for (const [place, { left, top }] of texts) {
      const isInside = left >= from.x - 3 && left <= to.x && top >= from.y - 3 && top <= to.y;
      if (isInside) texts.delete(place);
    }
  };
  for (const [name, paint] of Object.entries({ fillRect, clearRect }))
    prototype[name] = function (...rectangle) {
      paintedOver(this, ...rectangle);
      paint.apply(this, rectangle);
    };

  prototype.fillText = function (text, x, y, ...rest) {
    fillText.call(this, text, x, y, ...rest);
    if (!String(text).trim() || typeof this.fillStyle !== "string") return;
    const size = this.measureText(text);
    const box = [
      [x - size.actualBoundingBoxLeft, y - size.actualBoundingBoxAscent],
      [x + size.actualBoundingBoxRight, y + size.actualBoundingBoxDescent],
    ].map(([left, top]) => this.getTransform().transformPoint({ x: left, y: top }));
    const [from, to] = box;
    const [left, top] = [from.x - 3, from.y - 3].map(Math.round);
    const [width, height] = [to.x - from.x + 6, to.y - from.y + 6].map(Math.round);
    if (width < 1 || height < 1) return;
    const under = usual(this.getImageData(left, top, width, height).data);
    const colour = rgba(this.fillStyle);
    colour[3] *= this.globalAlpha;
    if (!onCanvas.has(this.canvas)) onCanvas.set(this.canvas, new Map());
    const drawn = { left, top, text: String(text), colour, under };
    onCanvas.get(this.canvas).set([left, top].join(), drawn);
  };

  const hidden = (element) =>
    !element.checkVisibility({ visibilityProperty: true, opacityProperty: true })
    || element.closest("canvas, :disabled, [aria-disabled=true], [data-testid=stSkeleton]")
    || element.getBoundingClientRect().width < 2;

  const enough = (element, style) => {
    if (element.closest("[data-testid=stIconMaterial]")) return 3;
    const size = parseFloat(style.fontSize);
    return size >= 24 || (size >= 18.66 && +style.fontWeight >= 700) ? 3 : 4.5;
  };

  const text = (element, words, pseudo) => {
    const style = getComputedStyle(element, pseudo);
    const isDrawing = element instanceof SVGElement;
    const colour = rgba(isDrawing ? style.fill : style.color);
    const { ground, opacity } = behind(element);
    colour[3] *= opacity * (pseudo ? +style.opacity : 1);
    const found = ratio(over(colour, ground), ground);
    const least = enough(element, style);
    return { words, found, least, colour: colour.join(), on: ground.join() };
  };

  const onPage = () => {
    const found = [];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
      const [words, element] = [walk.currentNode.data.trim(), walk.currentNode.parentElement];
      if (words && !/^(STYLE|SCRIPT|NOSCRIPT)$/.test(element.tagName) && !hidden(element))
        found.push(text(element, words));
    }
    for (const field of document.querySelectorAll("input, textarea"))
      if (!hidden(field) && (field.value || field.placeholder))
        found.push(field.value ? text(field, field.value)
          : text(field, field.placeholder, "::placeholder"));
    return found;
  };

  window.contrast = () => {
    const last = [...onCanvas].filter(([canvas]) => canvas.isConnected)
      .flatMap(([canvas, texts]) => [...texts.values()].map((each) => ({ canvas, ...each })));
    const drawn = last.map(({ canvas, text: words, colour, under }) => {
      const ground = under[3] < 1 ? over(under, behind(canvas).ground) : under.slice(0, 3);
      return {
        words, found: ratio(over(colour, ground), ground), least: 4.5,
        colour: colour.join(), on: ground.join(), canvas: true,
      };
    });
    return [...onPage(), ...drawn];
  };
})();
