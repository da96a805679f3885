"""The units that Grafana knows, and the forms in which one may be made up."""

import re

_MADE_UP = re.compile(r"(?:suffix|prefix|si|time|currency|count|bool|custom):.+")
_LISTED = """
none string short sishort percent percentunit humidity dB hex0x hex sci locale pixel lengthm lengthmm
lengthkm lengthft lengthin lengthmi areaM2 areaF2 areaMI2 areaKM2 areaHA accMS2 accFS2 accG degree radian
grad arcmin arcsec conppm conppb conngm3 conngNm3 conμgm3 conμgNm3 conmgm3 conmgNm3 congm3 congNm3 conmgdL
conmmolL flops mflops gflops tflops pflops eflops zflops yflops bytes decbytes bits decbits kbytes deckbytes
mbytes decmbytes gbytes decgbytes tbytes dectbytes pbytes decpbytes binBps Bps binbps bps KiBs Kibits KBs
Kbits MiBs Mibits MBs Mbits GiBs Gibits GBs Gbits TiBs Tibits TBs Tbits PiBs Pibits PBs Pbits pps
dateTimeAsIso dateTimeAsIsoNoDateIfToday dateTimeAsUS dateTimeAsUSNoDateIfToday dateTimeAsLocal
dateTimeAsLocalNoDateIfToday dateTimeAsSystem dateTimeFromNow megwatt gwatt kwatt watt mwatt Wm2 voltamp
kvoltamp voltampreact kvoltampreact watth watthperkg kwatth kwattm amph kamph mamph joule ev amp kamp mamp
volt kvolt mvolt dBm mohm ohm kohm Mohm farad µfarad nfarad pfarad ffarad henry mhenry µhenry lumens lx
candela flowgpm flowcms flowcfs flowcfm litreh flowlpm flowmlpm forceNm forcekNm forceN forcekN Hs KHs MHs
GHs THs PHs EHs massmg massg masslb masskg masst celsius fahrenheit kelvin hertz rothz rotrpm rpm rotdeg
rotrads ns µs ms s m h d dtdurationms dtdurations dthms dtdhms timeticks clockms clocks cps ops reqps rps
wps iops eps mps recps rowps cpm opm reqpm wpm epm mpm pressurembar pressurebar pressurekbar pressurehpa
pressurekpa pressurehg pressurepsi pressurepa radbq radci radgy radrad radsv radmsv radusv radrem radexpckg
radr radsvh radmsvh radusvh rotation velocityms velocitykmh velocitymph velocityknot mlitre litre m3 Nm3 dm3
gallons currencyUSD currencyEUR currencyGBP currencySEK currencyNOK currencyDKK currencyISK currencyJPY
currencyCHF currencyCAD currencyAUD currencyINR currencyBRL currencyPLN currencyCZK currencyRUB currencyUAH
currencyCNY currencyKRW currencyBTC currencymBTC currencyμBTC currencyHUF currencyIDR currencyTRY
currencyZAR bool bool_yes_no bool_on_off
"""
_KNOWN = frozenset(_LISTED.split())


def is_known(unit: str) -> bool:
    """Whether Grafana shows more than the unit's own name after the number."""
    return unit in _KNOWN or _MADE_UP.fullmatch(unit) is not None
