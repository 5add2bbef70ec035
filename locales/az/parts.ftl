# Müraciətin hissələri: müraciət edən, notarial ərizə, ailə üzvü, yaşayış yeri, sayğaclar.

applicant-fin = FİN kodunuz (vəsiqədə 7 simvol):
    .error = FİN 7 simvoldur, I və O olmur.
applicant-card-series = Vəsiqənizin seriyası:
    .opt-aze = AZE
    .opt-aa = AA
    .opt-myi = MYİ
    .opt-dyi = DYİ
    .opt-mom = MOM
applicant-number-8 = { $card-series } hərflərindən sonrakı 8 rəqəm:
    .error = Burada 8 rəqəm olmalıdır.
applicant-number-7 = { $card-series } hərflərindən sonrakı 7 rəqəm:
    .error = Burada 7 rəqəm olmalıdır.

notary-number = Notarius ərizəsinin nömrəsi:
    .skip = Hələ yoxdur
    .error = Yalnız 4-12 rəqəm.
notary-none = Nömrəsiz qərar verilmir. Nömrəni sonra yaza bilərsiniz.
    .error = Davam üçün 1 yazın:
    .opt-go-on = Davam

member-fin = Ailə üzvünün FİN-i (7 simvol):
    .error = FİN 7 simvoldur, I və O olmur.
member-relation = Kimdir?
    .error = Seçin:
    .opt-spouse = Həyat yoldaşı
    .opt-child = Övlad
    .opt-parent = Ata/ana
    .opt-sibling = Bacı/qardaş
    .opt-other = Başqa

place-district = Yaşadığınız rayonun/şəhərin ilk 3 hərfi:
    .error = Belə ad tapılmadı. İlk 3 hərfi yazın:
    .all = Siyahı
    .found = Hansında yaşayırsınız?
place-region = Yaşadığınız bölgə:
place-listed = Rayon və ya şəhər:
place-branch = Kartın bankı:

meters-known = Sayğac nömrələrini bilirsiniz?
    .opt-known = Bəli
    .opt-unknown = Xeyr
meters-electricity = İşıq sayğacının nömrəsi:
    .skip = Yox/bilmirəm
    .error = Nömrə 5-12 rəqəm olur.
meters-water = Su sayğacının nömrəsi:
    .skip = Yox/bilmirəm
    .error = Nömrə 5-12 rəqəm olur.
meters-gas = Qaz sayğacının nömrəsi:
    .skip = Yox/bilmirəm
    .error = Nömrə 5-12 rəqəm olur.
