# Temporal's programs as "make temporal-programs" builds them. Where the real images have
# Alpine, these have Debian with busybox for what busybox is in Alpine.
FROM foxflow/debian:bookworm AS base
RUN groupadd -g 1000 temporal && useradd -u 1000 -g temporal -m temporal \
 && ln -sf /bin/busybox /bin/sh \
 && for name in awk sh wget; do ln -s /bin/busybox "/usr/local/bin/$name"; done

FROM base AS server
LABEL foxflow.stand-in="Temporal 1.32.1, built from its module"
COPY temporal-server /usr/local/bin/
COPY entrypoint.sh /etc/temporal/
WORKDIR /etc/temporal
USER temporal
CMD ["/etc/temporal/entrypoint.sh"]

FROM base AS admin-tools
LABEL foxflow.stand-in="temporal-sql-tool 1.32.1, built from its module, and what namespace.sh needs of the temporal command"
COPY temporal-sql-tool temporal /usr/local/bin/
USER temporal
CMD ["sh", "-c", "trap exit INT HUP TERM; sleep infinity"]

FROM base AS ui
LABEL foxflow.stand-in="Temporal's Web UI 2.55.0, built from its module"
WORKDIR /home/ui-server
COPY --chown=temporal:temporal ui-server start-ui-server.sh ./
COPY --chown=temporal:temporal docker.yaml ./config/
USER temporal
EXPOSE 8080
ENV TEMPORAL_CLOUD_UI=false
ENTRYPOINT ["./start-ui-server.sh"]
