# Prometheus of Debian's packages, where and as whom the real image runs it.
FROM foxflow/debian:bookworm
LABEL foxflow.stand-in="Prometheus 2.42 of Debian"
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends prometheus \
 && rm -rf /var/lib/apt/lists/* /etc/prometheus \
 && ln -s /usr/bin/prometheus /usr/bin/promtool /bin/busybox /usr/local/bin/ \
 && ln -s busybox /usr/local/bin/wget \
 && mkdir /etc/prometheus \
 && install -d -o nobody -g nogroup /prometheus
VOLUME /prometheus
USER nobody
WORKDIR /prometheus
EXPOSE 9090
ENTRYPOINT ["/bin/prometheus"]
CMD ["--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"]
