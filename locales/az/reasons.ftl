# İmtina səbəbləri: SMS-də və ekranda "Səbəb:" sözündən sonra gəlir.

reason-identity = vəsiqə məlumatı uyğun gəlmir
reason-notary = notarial ərizə təsdiqlənmədi
reason-residence = yaşayış yeri uyğun gəlmir
reason-family = ailə tərkibi uyğun gəlmir
reason-income = orta aylıq gəlir { $income }, hədd { $limit }
reason-vehicle = ailədə nəqliyyat vasitəsi var
reason-property = eyni təyinatlı 2 və ya daha çox daşınmaz əmlak var
reason-deals = 12 ayda alqı-satqı { $total }, hədd { $limit }
reason-utilities = adambaşına kommunal və rabitə xərci { $spending }, hədd { $limit }
reason-jobs = 2 münasib işdən imtina, yenidən müraciət: { $again }
reason-entry = qanunda göstərilən əsas yoxdur
reason-not-counted = ailədə nəzərə alınan üzv yoxdur
