# Says where Grafana would be, and no more: no package of Debian's and no Go module holds
# Grafana. What Grafana must be able to read and write is looked at as its user.
FROM foxflow/debian:bookworm
LABEL foxflow.stand-in="no Grafana: a page that says so"
RUN ln -s /bin/busybox /usr/local/bin/wget \
 && groupadd -r -g 472 grafana && useradd -r -u 472 -g root -d /usr/share/grafana grafana \
 && mkdir -p /etc/grafana/provisioning /usr/share/grafana \
 && install -d -o grafana -g root -m 0777 /var/lib/grafana /var/lib/grafana/plugins /var/log/grafana
ENV GF_PATHS_DATA=/var/lib/grafana GF_PATHS_PROVISIONING=/etc/grafana/provisioning
COPY grafana-stand-in.sh /run.sh
USER 472
WORKDIR /usr/share/grafana
EXPOSE 3000
ENTRYPOINT ["/run.sh"]
