# Müraciətin hissələri: müraciət edən, notarial ərizə, ailə üzvü, yaşayış yeri, sayğaclar.

applicant-fin = FİN-iniz (vəsiqədə 7 işarə):
    .error = FİN-də 7 işarə olur, I və O olmur.
    .ask = İşarə { $position }: I olmur. Bəlkə 1-dir?
applicant-card-series = Vəsiqə seriyası:
    .opt-aze = AZE
    .opt-aa = AA
    .opt-myi = MYİ
    .opt-dyi = DYİ
    .opt-mom = MOM
applicant-number-8 = { $card-series } nömrəsi, 8 rəqəm:
    .error = Burada 8 rəqəm olmalıdır.
applicant-number-7 = { $card-series } nömrəsi, 7 rəqəm:
    .error = Burada 7 rəqəm olmalıdır.

notary-ask = Notarial ərizə nömrəniz var?
    .opt-have = Var
    .opt-none = Hələ yoxdur
notary-number = Notarial ərizənin nömrəsi (4-12 rəqəm):
    .error = Nömrə 4-12 rəqəm olur.
notary-none = 15 iş günü nömrə veriləndən sonra başlayır.
    .opt-go-on = Davam

member-fin = Ailə üzvünün FİN-i:
    .error = FİN-də 7 işarə olur, I və O olmur.
    .ask = İşarə { $position }: I olmur. Bəlkə 1-dir?
member-relation = Kimdir?
    .error = Seçin:
    .opt-spouse = Həyat yoldaşı
    .opt-child = Övlad
    .opt-parent = Ata/ana
    .opt-sibling = Bacı/qardaş
    .opt-other = Başqa

place-region = Yaşadığınız bölgə:
place-district = Rayon və ya şəhər:
place-branch = Bank filialı:

meters-electricity = İşıq sayğacının nömrəsi:
    .skip = Bilmirəm
    .error = Nömrə 5-12 rəqəm olur.
meters-water = Su sayğacının nömrəsi:
    .skip = Bilmirəm
    .error = Nömrə 5-12 rəqəm olur.
meters-gas = Qaz sayğacının nömrəsi:
    .skip = Bilmirəm
    .error = Nömrə 5-12 rəqəm olur.
