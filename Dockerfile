FROM node:26-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build
# A plugin of the OpenAPI library that is not used here would keep the compiler.
RUN npm prune --omit=dev && rm -rf node_modules/typescript
RUN mkdir data

FROM node:26-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY docs/protocol.md ./docs/
# Where the embedded database keeps its files, when there is no DATABASE_URL: mount a volume here, or they end with the container.
COPY --from=build --chown=node:node /app/data ./data
USER node
EXPOSE 8000 8001
# Node is the container's first process, so the signal reaches it and not a shell.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 8000}/live`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/main.js"]
