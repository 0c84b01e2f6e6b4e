/** The text of `--help`: plain JavaScript, so that `npm start -- --help` can show it before anything is installed. */
export const help = `Depesche-Relay

  npm start -- [Optionen]                       einrichten, wo nötig, und starten
  node dist/server/main.js [Optionen]           nur starten (so ruft es ein Dienst auf)
  node dist/server/main.js reset-admin          neuen einmaligen Link für die Betreuung ausgeben
  node dist/server/main.js backup <Ordner>      im laufenden Betrieb sichern, in einen neuen Ordner
  node dist/server/main.js restore <Ordner>     Sicherung in einen leeren Datenordner einspielen

  --host <Adresse>          Adresse, an der gelauscht wird (localhost)      DEPESCHE_HOST
  --port <Zahl>             Port, 0 = irgendein freier (8080)               DEPESCHE_PORT
  --data <Ordner>           Datenordner (./data)                            DEPESCHE_DATA
  --behind-proxy            hinter einem Proxy mit HTTPS                    DEPESCHE_BEHIND_PROXY=1
  --public-url <Adresse>    Adresse für Links, z. B. https://depesche.stadt.de  DEPESCHE_PUBLIC_URL
  --app, --no-app           die App mit ausliefern (ja)                     DEPESCHE_APP=on|off
  --retention-days <Zahl>   so lange bleiben Umschläge liegen (30)          DEPESCHE_RETENTION_DAYS
  --max-connections <Zahl>  Verbindungen insgesamt (12000)                  DEPESCHE_MAX_CONNECTIONS
  --max-per-address <Zahl>  Verbindungen je Adresse (2000)                  DEPESCHE_MAX_PER_ADDRESS
  --blob-quota-mb <Zahl>    Dateien je Zugang in MiB (4096)                 DEPESCHE_BLOB_QUOTA_MB
  --log-level <Stufe>       fatal, error, warn, info, debug (info)          DEPESCHE_LOG_LEVEL
  --help, --version
`;
